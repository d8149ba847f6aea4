"""What a design costs: logic, memory, multipliers, clock and power, mapped in full or estimated in a fraction of a millisecond."""
