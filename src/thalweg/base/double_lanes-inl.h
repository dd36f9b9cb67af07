// Vectors of doubles beside rows of floats: included once for each SIMD target.
#if defined(THALWEG_BASE_DOUBLE_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_BASE_DOUBLE_LANES_INL_H_
#undef THALWEG_BASE_DOUBLE_LANES_INL_H_
#else
#define THALWEG_BASE_DOUBLE_LANES_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using VD = hn::Vec<D>;
using FD = hn::Rebind<float, D>;  // as many floats as a vector has doubles
inline constexpr std::size_t kDoubleLanes = hn::MaxLanes(D());

HWY_INLINE VD load_double(const float* p) { return hn::PromoteTo(D(), hn::Load(FD(), p)); }
HWY_INLINE void store_float(VD v, float* p) { hn::Store(hn::DemoteTo(FD(), v), FD(), p); }
HWY_INLINE VD constant(double x) { return hn::Set(D(), x); }

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
