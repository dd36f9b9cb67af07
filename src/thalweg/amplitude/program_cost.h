// Floating-point operations of a program, a multiply-add counted two, divisions and square roots one.
#pragma once

#include "thalweg/amplitude/program.h"

namespace thalweg {

double cost(const AmplitudeProgram& program);

}  // namespace thalweg
