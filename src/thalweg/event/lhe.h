// Les Houches event files, version 3.0 (arXiv:1405.1067): text blocks for the writer, and a reader.
//
// IDWTUP = -4: the weights are in pb and their mean is the cross section, overweights included.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "thalweg/event/event.h"

namespace thalweg {

// Everything before the first event, one block of events, everything after the last.
std::string lhe_head(const EventFileInfo& info);
std::string lhe_events(std::span<const Event> events, const std::vector<WeightVariation>& variations = {});
std::string lhe_tail();

// One gzip member. Members one behind the other are a gzip file, whatever thread made each.
std::string gzip_member(std::string_view text);

// Reads a file (.lhe, or .lhe.gz recognised by its content) event by event in constant memory and
// returns its <init>. RequestError with file and line for anything malformed. `use` returns false to stop.
EventFileInfo read_lhe(const std::string& path, const std::function<bool(const Event&)>& use);
// The same from memory.
EventFileInfo parse_lhe(std::string_view text, const std::string& place, const std::function<bool(const Event&)>& use);

}  // namespace thalweg
