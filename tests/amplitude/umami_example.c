/* An example of a plug-in, and of what can be wrong with one: e+ e- > mu+ mu- by a photon, in closed form
 * |M|^2 = 2 e^4 (t^2 + u^2) / s^2. BROKEN: 1 answers NaN for events with t > u, 2 is for three particles, 3 is for a GPU, 4 reports
 * an error, 5 does not start, 6 needs the helicity, 7 has no umami_matrix_element. */
#include "thalweg/amplitude/umami.h"

#include <math.h>
#include <stdlib.h>

#ifndef BROKEN
#define BROKEN 0
#endif

static const bool inputs[UMAMI_INPUTS] = {true, true, true, false, false, false, BROKEN == 6};
static const bool required[UMAMI_INPUTS] = {true, false, false, false, false, false, BROKEN == 6};
static const bool outputs[UMAMI_OUTPUTS] = {true};

int umami_get_meta(int key, void* result) {
  int* value = (int*)result;
  if (key == UMAMI_DEVICE)
    *value = BROKEN == 3 ? 1 : UMAMI_CPU;
  else if (key == UMAMI_PARTICLES)
    *value = BROKEN == 2 ? 3 : 4;
  else if (key == UMAMI_DIAGRAMS || key == UMAMI_HELICITIES || key == UMAMI_COLOURS)
    *value = 1;
  else
    return UMAMI_UNSUPPORTED_META;
  return UMAMI_SUCCESS;
}

int umami_supported_inputs(bool const** flags, int* count) {
  *flags = inputs;
  *count = UMAMI_INPUTS;
  return UMAMI_SUCCESS;
}
int umami_required_inputs(bool const** flags, int* count) {
  *flags = required;
  *count = UMAMI_INPUTS;
  return UMAMI_SUCCESS;
}
int umami_supported_outputs(bool const** flags, int* count) {
  *flags = outputs;
  *count = UMAMI_OUTPUTS;
  return UMAMI_SUCCESS;
}

int umami_initialize(void** handle, const char* card) {
  (void)card;
  if (BROKEN == 5) return UMAMI_FAILED;
  double* e4 = malloc(sizeof(double));
  const double e2 = 4 * 3.14159265358979323846 / 132.507;
  *e4 = e2 * e2;
  *handle = e4;
  return UMAMI_SUCCESS;
}
int umami_set_parameter(void* handle, const char* name, double real, double imaginary) {
  (void)handle, (void)name, (void)real, (void)imaginary;
  return UMAMI_NOT_IMPLEMENTED;
}
int umami_get_parameter(void* handle, const char* name, double* real, double* imaginary) {
  (void)handle, (void)name, (void)real, (void)imaginary;
  return UMAMI_NOT_IMPLEMENTED;
}
int umami_free(void* handle) {
  free(handle);
  return UMAMI_SUCCESS;
}

#if BROKEN != 7
/* (p_i + sign p_j)^2 of event e */
static double invariant(const double* p, size_t stride, size_t e, size_t i, size_t j, double sign) {
  double square = 0;
  for (size_t mu = 0; mu < 4; ++mu) {
    const double k = p[e + stride * (i + 4 * mu)] + sign * p[e + stride * (j + 4 * mu)];
    square += mu == 0 ? k * k : -k * k;
  }
  return square;
}

int umami_matrix_element(void* handle, size_t count, size_t stride, size_t offset, size_t input_count,
                         const int* input_keys, const void* const* input, size_t output_count, const int* output_keys,
                         void* const* output) {
  if (BROKEN == 4) return UMAMI_FAILED;
  const double* p = NULL;
  for (size_t i = 0; i < input_count; ++i)
    if (input_keys[i] == UMAMI_MOMENTA) p = (const double*)input[i];
  if (!p) return UMAMI_MISSING_INPUT;
  for (size_t k = 0; k < output_count; ++k) {
    if (output_keys[k] != UMAMI_MATRIX_ELEMENT) return UMAMI_UNSUPPORTED_OUTPUT;
    for (size_t e = offset; e < offset + count; ++e) {
      const double s = invariant(p, stride, e, 0, 1, 1), t = invariant(p, stride, e, 0, 2, -1),
                   u = invariant(p, stride, e, 0, 3, -1);
      ((double*)output[k])[e] = BROKEN == 1 && t > u ? NAN : 2 * *(double*)handle * (t * t + u * u) / (s * s);
    }
  }
  return UMAMI_SUCCESS;
}
#endif
