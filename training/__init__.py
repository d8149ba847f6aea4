"""Training, evaluation and export of networks for speech enhancement and separation. PyTorch lives here alone, the extra `training`.

Nothing of it is needed by the cores; what comes out is an ``.npz`` that `reference.conv_network` reads.
"""
