"""What is protected: the endpoints of the shop behind the gate."""
