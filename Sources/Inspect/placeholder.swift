// Inspect
