// Owns an object of some subclass of T and copies it by its clone().
#pragma once

#include <memory>
#include <utility>

namespace thalweg {

template <class T>
class Cloned {
 public:
  Cloned(std::unique_ptr<T> object) : object_(std::move(object)) {}  // NOLINT: as unique_ptr
  Cloned(const Cloned& other) : object_(other.object_->clone()) {}
  Cloned(Cloned&&) = default;
  Cloned& operator=(const Cloned& other) {
    object_ = other.object_->clone();
    return *this;
  }
  Cloned& operator=(Cloned&&) = default;

  T& operator*() { return *object_; }
  const T& operator*() const { return *object_; }
  T* operator->() { return object_.get(); }
  const T* operator->() const { return object_.get(); }

 private:
  std::unique_ptr<T> object_;
};

}  // namespace thalweg
