"""The few actions that span rooms, so that pages, API and command line do not each repeat them."""
