// One function a command; each adds its options to the program and returns what to run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace thalweg {

// Set by the command that was chosen; returns the exit code.
using Action = std::function<int()>;

void add_generate(CLI::App& app, Action& action);
void add_integrate(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_diagrams(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_diagnose(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);

}  // namespace thalweg
