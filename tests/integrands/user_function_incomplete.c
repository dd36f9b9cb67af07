int thalweg_dim(void) { return 3; }
