"""A service that keeps people's names, and the migrations of its schema."""
