"""Who may do what: users, the roles they hold over organisations, and what each role permits."""
