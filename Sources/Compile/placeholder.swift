// Compile
