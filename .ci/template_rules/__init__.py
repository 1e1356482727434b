"""The rules that the deployment must keep, by what they are about."""
