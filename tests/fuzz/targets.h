// What a fuzzer feeds: each reader takes any bytes and either returns or throws RequestError. Anything
// else (another exception, a crash, a sanitizer's report) is a defect.
#pragma once

#include <string_view>

namespace thalweg::fuzz {

void card(std::string_view text);
void lhe(std::string_view text);
void slha(std::string_view text);
void grid(std::string_view text);
void process(std::string_view text);

}  // namespace thalweg::fuzz
