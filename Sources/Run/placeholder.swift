// Run
