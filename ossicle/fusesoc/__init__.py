"""A FuseSoC generator: a description inside somebody's core file becomes VHDL there.

``fusesoc library add ossicle $(python -m ossicle.fusesoc)`` makes it known.
"""
