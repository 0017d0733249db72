"""The REST API: the flow's verbs for programs, under the rules of the console.

A door like the others: it knows who asks (doors), what a request may look like (shapes, wishes), and how a mistake is
told (problems). Everything else is a verb of the flow.
"""
