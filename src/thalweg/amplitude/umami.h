/* The C interface of matrix elements in shared libraries, UMAMI, as MadGraph 7 (MadSpace 0.2) calls it; see
 * "Data-parallel leading-order event generation in MadGraph5_aMC@NLO", arXiv:2507.21039. This header is our description
 * of it.
 *
 * Arrays hold event e at index e (offset <= e < offset + count); element k of an array of several numbers an event lies
 * at [e + stride * k]. Momenta: k = particle + particles * component, (E, px, py, pz) in GeV, incoming particles first.
 * Every function returns 0, or another UmamiStatus. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define UMAMI_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

enum UmamiStatus {
  UMAMI_SUCCESS = 0,
  UMAMI_FAILED = 1,
  UMAMI_NOT_IMPLEMENTED = 2,
  UMAMI_UNSUPPORTED_INPUT = 3,
  UMAMI_UNSUPPORTED_OUTPUT = 4,
  UMAMI_UNSUPPORTED_META = 5,
  UMAMI_MISSING_INPUT = 6
};

/* result: one int */
enum UmamiMeta { UMAMI_DEVICE = 0, UMAMI_PARTICLES = 1, UMAMI_DIAGRAMS = 2, UMAMI_HELICITIES = 3, UMAMI_COLOURS = 4 };
enum { UMAMI_CPU = 0 };

enum UmamiInput {
  UMAMI_MOMENTA = 0,         /* double [particles, 4] */
  UMAMI_ALPHA_S = 1,         /* double */
  UMAMI_FLAVOUR = 2,         /* int */
  UMAMI_RANDOM_COLOUR = 3,   /* double in [0, 1) */
  UMAMI_RANDOM_HELICITY = 4, /* double */
  UMAMI_RANDOM_DIAGRAM = 5,  /* double */
  UMAMI_HELICITY = 6,        /* int */
  UMAMI_CHANNEL = 7,         /* int */
  UMAMI_DIAGRAM = 8,         /* int */
  UMAMI_INPUTS = 9
};
enum UmamiOutput {
  UMAMI_MATRIX_ELEMENT = 0, /* double: |M|^2, averaged and summed as the generator needs it */
  UMAMI_DIAGRAM_AMP2 = 1,   /* double [diagrams] */
  UMAMI_COLOUR_INDEX = 2,   /* int */
  UMAMI_HELICITY_INDEX = 3, /* int */
  UMAMI_DIAGRAM_INDEX = 4,  /* int */
  UMAMI_OUTPUTS = 5
};

UMAMI_API int umami_get_meta(int key, void* result);
/* flags by key; `count`: how many there are */
UMAMI_API int umami_supported_inputs(bool const** flags, int* count);
UMAMI_API int umami_required_inputs(bool const** flags, int* count);
UMAMI_API int umami_supported_outputs(bool const** flags, int* count);
/* A handle serves one thread at a time. card: path of an SLHA parameter card, "" for the parameters built in. */
UMAMI_API int umami_initialize(void** handle, const char* card);
UMAMI_API int umami_set_parameter(void* handle, const char* name, double real, double imaginary);
UMAMI_API int umami_get_parameter(void* handle, const char* name, double* real, double* imaginary);
UMAMI_API int umami_matrix_element(void* handle, size_t count, size_t stride, size_t offset, size_t input_count,
                                   const int* input_keys, const void* const* inputs, size_t output_count,
                                   const int* output_keys, void* const* outputs);
UMAMI_API int umami_free(void* handle);

#ifdef __cplusplus
}
#endif
