#include "thalweg/amplitude/plugin.h"

#include <algorithm>
#include <mutex>

#include "thalweg/amplitude/umami.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/shared_library.h"

namespace thalweg {

struct PluginAmplitude::Library {
  std::string path, card;
  std::size_t particles = 0;
  SharedLibrary file;
  decltype(&umami_get_meta) get_meta = nullptr;
  decltype(&umami_initialize) initialize = nullptr;
  decltype(&umami_matrix_element) matrix_element = nullptr;
  decltype(&umami_free) release = nullptr;
  bool wants_alpha_s = false, wants_flavour = false;
  std::mutex mutex;
  std::vector<void*> free;  // handles that no thread uses

  Library(const std::string& name, std::size_t count, const std::string& slha)
      : path(name), card(slha), particles(count), file(name) {
    load();
  }
  ~Library() {
    for (void* handle : free) release(handle);
  }

  template <class F>
  void find(F& function, const char* name, bool required) {
    function = reinterpret_cast<F>(file.find(name));
    if (!function && required)
      request_error("'{}' has no function '{}'; expected a library with the UMAMI interface of MadGraph 7", path, name);
  }

  int meta(int key, const char* what) const {
    int value = -1;
    if (const int status = get_meta(key, &value); status != UMAMI_SUCCESS)
      request_error("'{}' does not tell its {} (status {})", path, what, status);
    return value;
  }

  void load() {
    find(get_meta, "umami_get_meta", true);
    find(initialize, "umami_initialize", true);
    find(matrix_element, "umami_matrix_element", true);
    find(release, "umami_free", true);
    if (meta(UMAMI_DEVICE, "device") != UMAMI_CPU) request_error("'{}' is not for this processor (a GPU?)", path);
    if (const int count = meta(UMAMI_PARTICLES, "number of particles"); count != static_cast<int>(particles))
      request_error("'{}' is for {} particles, but the process has {}", path, count, particles);
    decltype(&umami_supported_inputs) supported = nullptr, required = nullptr;
    find(supported, "umami_supported_inputs", false);
    find(required, "umami_required_inputs", false);
    wants_alpha_s = !supported || flag(supported, UMAMI_ALPHA_S);
    wants_flavour = supported && flag(supported, UMAMI_FLAVOUR);
    for (int key = 0; key < UMAMI_INPUTS && required; ++key)
      if (key > UMAMI_FLAVOUR && flag(required, key))
        request_error("'{}' needs input {}; only momenta, alpha_s and flavour are there", path, key);
    give_back(take());
  }

  static bool flag(decltype(&umami_supported_inputs) function, int key) {
    const bool* flags = nullptr;
    int count = 0;
    return function(&flags, &count) == UMAMI_SUCCESS && flags && key < count && flags[key];
  }

  void* take() {
    {
      const std::lock_guard lock(mutex);
      if (!free.empty()) {
        void* handle = free.back();
        free.pop_back();
        return handle;
      }
    }
    void* handle = nullptr;
    if (const int status = initialize(&handle, card.c_str()); status != UMAMI_SUCCESS)
      request_error("'{}' does not start: umami_initialize returns {}", path, status);
    return handle;
  }
  void give_back(void* handle) {
    const std::lock_guard lock(mutex);
    free.push_back(handle);
  }
};

PluginAmplitude::PluginAmplitude(const std::string& path, std::size_t particles, const std::string& card)
    : library_(std::make_unique<Library>(path, particles, card)) {}

PluginAmplitude::~PluginAmplitude() = default;

void PluginAmplitude::evaluate(const Momenta& momenta, std::span<const double> alpha_s, std::span<double> me2,
                               Arena& arena) const {
  const std::size_t n = me2.size(), particles = library_->particles, stride = padded(n);
  const auto p = arena.take<double>(4 * particles * stride);
  for (std::size_t l = 0; l < particles; ++l)
    for (std::size_t mu = 0; mu < 4; ++mu)
      std::copy_n(momenta.component(l, mu), n, p.data() + (l + particles * mu) * stride);
  const auto coupling = arena.take<double>(n);
  for (std::size_t e = 0; e < n; ++e) coupling[e] = alpha_s[alpha_s.size() == 1 ? 0 : e];
  const auto flavour = arena.take<int>(n);
  std::fill(flavour.begin(), flavour.end(), 0);
  std::vector<int> keys = {UMAMI_MOMENTA};
  std::vector<const void*> inputs = {p.data()};
  if (library_->wants_alpha_s) {
    keys.push_back(UMAMI_ALPHA_S);
    inputs.push_back(coupling.data());
  }
  if (library_->wants_flavour) {
    keys.push_back(UMAMI_FLAVOUR);
    inputs.push_back(flavour.data());
  }
  const int output = UMAMI_MATRIX_ELEMENT;
  void* const outputs[] = {me2.data()};
  void* handle = library_->take();
  const int status =
      library_->matrix_element(handle, n, stride, 0, keys.size(), keys.data(), inputs.data(), 1, &output, outputs);
  library_->give_back(handle);
  if (status != UMAMI_SUCCESS) run_error("'{}' reports error {} for {} points", library_->path, status, n);
}

std::string plugin_path(const std::string& amplitude) {
  if (amplitude.empty()) return "";
  const std::string prefix = "plugin:";
  if (!amplitude.starts_with(prefix) || amplitude.size() == prefix.size())
    request_error("amplitude = '{}': expected \"plugin:FILE\" with a shared library, or nothing for our own amplitudes",
                  amplitude);
  return amplitude.substr(prefix.size());
}

}  // namespace thalweg
