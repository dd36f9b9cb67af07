#include <fmt/compile.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <memory>

#include "thalweg/base/errors.h"
#include "thalweg/base/version.h"
#include "thalweg/event/lhe.h"

namespace thalweg {
namespace {

// A text may close the CDATA section that holds it.
std::string cdata(const std::string& text) {
  std::string safe = text;
  for (std::size_t at = 0; (at = safe.find("]]>", at)) != std::string::npos; at += 15)
    safe.replace(at, 3, "]]]]><![CDATA[>");
  return "<![CDATA[\n" + safe + "]]>";
}

// Scales in one group, members in another.
std::string weight_declarations(const std::vector<WeightVariation>& variations) {
  if (variations.empty()) return {};
  std::string text = "<initrwgt>\n";
  for (const bool members : {false, true}) {
    std::string group;
    for (const WeightVariation& v : variations)
      if ((v.member != variations[0].member) == members)
        group += fmt::format("<weight id=\"{}\" MUR=\"{:.1f}\" MUF=\"{:.1f}\" PDF=\"{}\">{}</weight>\n", v.name(),
                             v.mu_r, v.mu_f, v.pdf_id, v.name());
    if (!group.empty())
      text += fmt::format("<weightgroup name=\"{}\" combine=\"{}\">\n{}</weightgroup>\n",
                          members ? "PDF_variation" : "scale_variation", members ? "unknown" : "envelope", group);
  }
  return text + "</initrwgt>\n";
}

}  // namespace

std::string lhe_head(const EventFileInfo& info) {
  std::string text = "<LesHouchesEvents version=\"3.0\">\n<header>\n";
  text += fmt::format("<process>{}</process>\n", cdata(info.process + "\n"));
  text += fmt::format("<seed>{}</seed>\n", info.seed);
  text += fmt::format("<runcard>{}</runcard>\n", cdata(info.card));
  text += fmt::format("<slha>{}</slha>\n", cdata(info.slha));
  text += weight_declarations(info.variations);
  text += "</header>\n<init>\n";
  text += fmt::format("{} {} {:.16e} {:.16e} 0 0 {} {} -4 1\n", info.beam_pdg[0], info.beam_pdg[1], info.beam_energy[0],
                      info.beam_energy[1], info.pdf_id[0], info.pdf_id[1]);
  text += fmt::format("{:.16e} {:.16e} {:.16e} 1\n", info.cross_section, info.error, info.largest_weight);
  text += fmt::format("<generator name=\"Thalweg\" version=\"{}\">Thalweg</generator>\n</init>\n", version());
  return text;
}

std::string lhe_events(std::span<const Event> events, const std::vector<WeightVariation>& variations) {
  std::vector<std::string> names;
  for (const WeightVariation& v : variations) names.push_back(v.name());
  fmt::memory_buffer buffer;
  auto out = std::back_inserter(buffer);
  for (const Event& event : events) {
    fmt::format_to(out, FMT_COMPILE("<event>\n{} {} {:.16e} {:.16e} {:.16e} {:.16e}\n"), event.particles.size(),
                   event.process_id, event.weight, event.scale, event.alpha_em, event.alpha_s);
    for (const EventParticle& p : event.particles)
      fmt::format_to(out, FMT_COMPILE("{} {} {} {} {} {} {:.16e} {:.16e} {:.16e} {:.16e} {:.16e} {:g} {:g}\n"), p.pdg,
                     p.status, p.mothers[0], p.mothers[1], p.colours[0], p.colours[1], p.px, p.py, p.pz, p.e, p.m,
                     p.lifetime, p.spin);
    if (!event.variations.empty()) {
      fmt::format_to(out, "<rwgt>\n");
      for (std::size_t k = 0; k < event.variations.size(); ++k)
        fmt::format_to(out, FMT_COMPILE("<wgt id=\"{}\">{:.10e}</wgt>\n"), names[k], event.variations[k]);
      fmt::format_to(out, "</rwgt>\n");
    }
    fmt::format_to(out, FMT_COMPILE("<scales muf=\"{:.16e}\" mur=\"{:.16e}\" mups=\"{:.16e}\"></scales>\n</event>\n"),
                   event.scale, event.renormalization_scale, event.scale);
  }
  return {buffer.data(), buffer.size()};
}

std::string lhe_tail() { return "</LesHouchesEvents>\n"; }

std::string gzip_member(std::string_view text) {
  // Level 1: the digits of momenta do not compress better at higher ones, only slower.
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  thread_local const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(1));
  if (!compressor) run_error("the compressor cannot start; is memory short?");
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), out.data(), out.size()));
  if (out.empty()) run_error("compressing a block of {} bytes failed", text.size());
  return out;
}

}  // namespace thalweg
