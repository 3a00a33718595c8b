"""Who: organisations in a tree with audience classes, their units, providers, people and contact points."""
