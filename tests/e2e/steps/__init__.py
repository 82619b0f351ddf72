"""The steps of the story, in order. Each is a file with a TITLE and a function `play`."""

from . import a_first_release, b_two_steps, c_unhealthy, d_fix, e_rollback, f_image_push, g_twice, h_stopped

ALL = [a_first_release, b_two_steps, c_unhealthy, d_fix, e_rollback, f_image_push, g_twice, h_stopped]
