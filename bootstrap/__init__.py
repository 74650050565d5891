"""How Headgate gets to where it runs: this machine's environment, and what each platform is given."""
