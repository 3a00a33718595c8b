"""Which authority, contacts, deadlines, forms and legal bases hold on a given day.

The law changes between one holiday and the next, so it is data: clauses, each with its own `from` and `until`, its
source, and a mark that says how sure the reading is. The program chooses by the date of the event and knows no
authority's name.
"""

from vigil.engines.regimes.clauses import Clause, Mark, clauses_in_force, read_clauses, shipped_clauses

__all__ = ["Clause", "Mark", "clauses_in_force", "read_clauses", "shipped_clauses"]
