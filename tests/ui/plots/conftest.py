from tests.ui.controllers import make_controller as make_controller
