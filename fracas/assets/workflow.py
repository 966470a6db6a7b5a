"""Every verb of the room, in one place to look for it.

Whatever order facts are entered in, the record ends up as if they had been entered in order of time, or the entry is
refused and the refusal names the record that disagrees.
"""

from fracas.assets.corrections import (
    correct_commissioning,
    correct_installation,
    correct_reading,
    correct_removal,
    retract_installation,
    retract_reading,
    retract_removal,
)
from fracas.assets.fitting import install, move, remove, swap
from fracas.assets.parts import edit_part, register_part, set_condition
from fracas.assets.systems import commission, edit_system, observe, register_system, retire_system
from fracas.assets.usage import read_usage

__all__ = [
    "commission",
    "correct_commissioning",
    "correct_installation",
    "correct_reading",
    "correct_removal",
    "edit_part",
    "edit_system",
    "install",
    "move",
    "observe",
    "read_usage",
    "register_part",
    "register_system",
    "remove",
    "retire_system",
    "retract_installation",
    "retract_reading",
    "retract_removal",
    "set_condition",
    "swap",
]
