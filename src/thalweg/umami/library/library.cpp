// libthalweg.so: one process through the UMAMI interface (umami.h), for other programs. Which one is said by the text
// that `thalweg export` writes into a copy of the library.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/amplitude/pick_part.h"
#include "thalweg/amplitude/umami.h"
#include "thalweg/base/files.h"
#include "thalweg/model/slha.h"
#include "thalweg/umami/exported_process.h"

namespace {

using namespace thalweg;

struct Text {
  char bytes[kExportSize];
  constexpr Text() : bytes{} {
    for (std::size_t i = 0; i < sizeof kExportMark; ++i) bytes[i] = kExportMark[i];
  }
};
// volatile: the compiler must not use what it says before it is overwritten
const volatile Text exported;

struct Process {
  std::string name, model;
};
Process exported_process() {
  std::string text;
  for (std::size_t i = sizeof kExportMark - 1; i < kExportSize && exported.bytes[i]; ++i) text += exported.bytes[i];
  const auto line = text.find('\n');
  if (line == std::string::npos) throw std::runtime_error("no process in this library; make one with thalweg export");
  return {text.substr(0, line), text.substr(line + 1)};
}

// What a handle points to.
struct Instance {
  Process process = exported_process();
  Model model{process.model};
  Parameters parameters = model.default_parameters();
  AmplitudeProgram program;
  DiagramSet set;
  std::optional<SingleDiagrams> diagrams;  // made when they are asked for
  bool changed = false;
  Arena arena;

  Instance() {
    const auto definition = parse_process(process.name, model, default_multiparticles(5));
    static_cast<SelectedProcess&>(set) = select_process(definition, model, model.vertices(parameters));
    set.diagrams = enumerate_diagrams(set, model, model.vertices(parameters));
    compile_amplitude();
  }
  void compile_amplitude() {
    program = compile(static_cast<const SelectedProcess&>(set), model, parameters, model.vertices(parameters));
    diagrams.reset();
    changed = false;
  }
  const SingleDiagrams& single_diagrams() {
    if (!diagrams) diagrams = compile_single_diagrams(set, model, parameters, model.vertices(parameters));
    return *diagrams;
  }
};

// No exception may leave a C function.
template <class F>
int guarded(F&& f) {
  try {
    return f();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libthalweg: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "libthalweg: unknown error\n");
  }
  return UMAMI_FAILED;
}

constexpr std::array<bool, UMAMI_INPUTS> kInputs = {true, true, true, true, true, true, false, false, false};
constexpr std::array<bool, UMAMI_INPUTS> kRequired = {true};
constexpr std::array<bool, UMAMI_OUTPUTS> kOutputs = {true, true, true, true, true};

struct Call {
  std::size_t count, stride, offset;
  std::array<const void*, UMAMI_INPUTS> in{};
  std::array<void*, UMAMI_OUTPUTS> out{};

  template <class T>
  const T* input(int key) const {
    return static_cast<const T*>(in[static_cast<std::size_t>(key)]);
  }
  template <class T>
  T* output(int key) const {
    return static_cast<T*>(out[static_cast<std::size_t>(key)]);
  }
};

int run(Instance& instance, const Call& call) {
  Arena& arena = instance.arena;
  arena.reset();
  const AmplitudeProgram& program = instance.program;
  const std::size_t n = call.count, legs = program.legs;
  const Momenta momenta = Momenta::take(arena, legs, n);
  for (std::size_t l = 0; l < legs; ++l)
    for (std::size_t mu = 0; mu < 4; ++mu)
      std::copy_n(call.input<double>(UMAMI_MOMENTA) + call.stride * (l + legs * mu) + call.offset, n,
                  momenta.component(l, mu));
  const auto alpha_s = arena.take<double>(n), me2 = arena.take<double>(n), half = arena.take<double>(n);
  std::fill(alpha_s.begin(), alpha_s.end(), instance.parameters.get("alpha_s"));
  std::fill(half.begin(), half.end(), 0.5);
  if (const double* given = call.input<double>(UMAMI_ALPHA_S)) std::copy_n(given + call.offset, n, alpha_s.begin());
  auto picks = [&](int key) {
    const double* given = call.input<double>(key);
    return given ? std::span<const double>(given + call.offset, n) : std::span<const double>(half);
  };
  std::vector<int> order(legs);
  std::iota(order.begin(), order.end(), 0);
  const EventChoice choice{picks(UMAMI_RANDOM_HELICITY), picks(UMAMI_RANDOM_COLOUR), arena.take<std::int32_t>(n),
                           arena.take<std::int32_t>(n)};
  evaluate(program, {momenta, order, alpha_s}, {me2, {}, &choice}, arena);
  if (double* out = call.output<double>(UMAMI_MATRIX_ELEMENT)) std::copy(me2.begin(), me2.end(), out + call.offset);
  if (int* out = call.output<int>(UMAMI_COLOUR_INDEX))
    std::copy(choice.flow.begin(), choice.flow.end(), out + call.offset);
  if (int* out = call.output<int>(UMAMI_HELICITY_INDEX)) {
    // mirror images stand behind the configurations that are computed
    const auto count = static_cast<int>(program.configurations.size());
    for (std::size_t e = 0; e < n; ++e) {
      const int index = choice.configuration[e];
      out[call.offset + e] = index >= 0 ? index : count - 1 - index;
    }
  }
  if (!call.output<void>(UMAMI_DIAGRAM_AMP2) && !call.output<void>(UMAMI_DIAGRAM_INDEX)) return UMAMI_SUCCESS;
  const SingleDiagrams& diagrams = instance.single_diagrams();
  const Batch parts = Batch::take(arena, diagrams.parts.size(), n);
  evaluate(diagrams, {momenta, order, alpha_s}, parts, arena);
  if (double* out = call.output<double>(UMAMI_DIAGRAM_AMP2))
    for (std::size_t d = 0; d < parts.dim; ++d) std::copy_n(parts.row(d), n, out + call.stride * d + call.offset);
  if (int* out = call.output<int>(UMAMI_DIAGRAM_INDEX))
    for (std::size_t e = 0; e < n; ++e) {
      double pick = picks(UMAMI_RANDOM_DIAGRAM)[e];
      out[call.offset + e] =
          static_cast<int>(pick_part(parts.dim, pick, [&](std::size_t d) { return parts.row(d)[e]; }));
    }
  return UMAMI_SUCCESS;
}

int flags_of(const bool* data, std::size_t size, bool const** flags, int* count) {
  *flags = data;
  *count = static_cast<int>(size);
  return UMAMI_SUCCESS;
}

}  // namespace

extern "C" {

int umami_get_meta(int key, void* result) {
  return guarded([&] {
    static const Instance instance;
    const auto& program = instance.program;
    int* value = static_cast<int*>(result);
    switch (key) {
      case UMAMI_DEVICE: *value = UMAMI_CPU; break;
      case UMAMI_PARTICLES: *value = static_cast<int>(program.legs); break;
      case UMAMI_DIAGRAMS: *value = static_cast<int>(instance.set.diagrams.size()); break;
      case UMAMI_HELICITIES: *value = static_cast<int>(program.configurations.size()) * (program.parity ? 2 : 1); break;
      case UMAMI_COLOURS: *value = static_cast<int>(program.flows.size()); break;
      default: return int{UMAMI_UNSUPPORTED_META};
    }
    return int{UMAMI_SUCCESS};
  });
}

int umami_supported_inputs(bool const** flags, int* count) {
  return flags_of(kInputs.data(), kInputs.size(), flags, count);
}
int umami_required_inputs(bool const** flags, int* count) {
  return flags_of(kRequired.data(), kRequired.size(), flags, count);
}
int umami_supported_outputs(bool const** flags, int* count) {
  return flags_of(kOutputs.data(), kOutputs.size(), flags, count);
}

int umami_initialize(void** handle, const char* card) {
  return guarded([&] {
    auto instance = std::make_unique<Instance>();
    if (card && *card) {
      read_slha(read_file(card, 1 << 24), card, instance->model, instance->parameters);
      instance->parameters.derive();
      instance->compile_amplitude();
    }
    *handle = instance.release();
    return int{UMAMI_SUCCESS};
  });
}

int umami_set_parameter(void* handle, const char* name, double real, double imaginary) {
  return guarded([&] {
    auto* instance = static_cast<Instance*>(handle);
    const std::string_view key = name;
    if (key.size() == 6 && key.starts_with("ckm.") && instance->parameters.has("ckm.im_" + std::string(key.substr(4))))
      instance->parameters.set("ckm.im_" + std::string(key.substr(4)), imaginary);
    else if (imaginary != 0)
      return int{UMAMI_NOT_IMPLEMENTED};
    instance->parameters.set(name, real);
    instance->changed = true;
    return int{UMAMI_SUCCESS};
  });
}

int umami_get_parameter(void* handle, const char* name, double* real, double* imaginary) {
  return guarded([&] {
    *real = static_cast<Instance*>(handle)->parameters.get(name);
    const std::string part = std::string(name).size() == 6 ? "ckm.im_" + std::string(name).substr(4) : "";
    const Parameters& parameters = static_cast<Instance*>(handle)->parameters;
    *imaginary = parameters.has(part) ? parameters.get(part) : 0;
    return int{UMAMI_SUCCESS};
  });
}

int umami_matrix_element(void* handle, size_t count, size_t stride, size_t offset, size_t input_count,
                         const int* input_keys, const void* const* inputs, size_t output_count, const int* output_keys,
                         void* const* outputs) {
  return guarded([&] {
    auto& instance = *static_cast<Instance*>(handle);
    Call call{count, stride, offset, {}, {}};
    for (std::size_t i = 0; i < input_count; ++i) {
      const auto key = static_cast<std::size_t>(input_keys[i]);
      if (key >= kInputs.size() || !kInputs[key]) return int{UMAMI_UNSUPPORTED_INPUT};
      call.in[key] = inputs[i];
    }
    for (std::size_t i = 0; i < output_count; ++i) {
      const auto key = static_cast<std::size_t>(output_keys[i]);
      if (key >= kOutputs.size()) return int{UMAMI_UNSUPPORTED_OUTPUT};
      call.out[key] = outputs[i];
    }
    if (!call.in[UMAMI_MOMENTA]) return int{UMAMI_MISSING_INPUT};
    if (instance.changed) {
      instance.parameters.derive();
      instance.compile_amplitude();
    }
    return run(instance, call);
  });
}

int umami_free(void* handle) {
  delete static_cast<Instance*>(handle);
  return UMAMI_SUCCESS;
}
}
