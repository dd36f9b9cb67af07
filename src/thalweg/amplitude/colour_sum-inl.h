// Sum over colours: a quadratic form in the amplitudes of one helicity configuration, a block of rows in registers.
#if defined(THALWEG_AMPLITUDE_COLOUR_SUM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_AMPLITUDE_COLOUR_SUM_INL_H
#undef THALWEG_AMPLITUDE_COLOUR_SUM_INL_H
#else
#define THALWEG_AMPLITUDE_COLOUR_SUM_INL_H
#endif

#include "thalweg/amplitude/complex-inl.h"
#include "thalweg/amplitude/program.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// a^dagger C a for `size` complex numbers [size][2][stride], at one register of lanes; `packed` as pack_colour makes
// it.
HWY_INLINE Vec<double> colour_sum(const double* amplitudes, std::size_t stride, std::size_t size,
                                  const double* packed) {
  const Lanes<double> d;
  Vec<double> total = hn::Zero(d);
  const double* coefficient = packed;
  for (std::size_t first = 0; first < size; first += kColourRows) {
    Vec<double> re[kColourRows], im[kColourRows];
    for (std::size_t r = 0; r < kColourRows; ++r) re[r] = im[r] = hn::Zero(d);
    for (std::size_t column = first; column < size; ++column, coefficient += kColourRows) {
      const double* a = amplitudes + column * 2 * stride;
      const Vec<double> x = hn::Load(d, a), y = hn::Load(d, a + stride);
      for (std::size_t r = 0; r < kColourRows; ++r) {
        const Vec<double> c = hn::Set(d, coefficient[r]);
        re[r] = hn::MulAdd(c, x, re[r]);
        im[r] = hn::MulAdd(c, y, im[r]);
      }
    }
    const std::size_t rows = std::min(kColourRows, size - first);
    for (std::size_t r = 0; r < rows; ++r) {
      const double* a = amplitudes + (first + r) * 2 * stride;
      total = hn::MulAdd(re[r], hn::Load(d, a), hn::MulAdd(im[r], hn::Load(d, a + stride), total));
    }
  }
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
