"""Official documents to take away: plan, report, request, dispatch."""
