"""What a core costs on a device and what a board needs: devices, netlists, mapping, estimates, exploration, Quartus projects."""
