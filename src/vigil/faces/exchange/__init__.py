"""The endpoints by which Vigils below enrol, renew their token, change their key and say that they live."""
