"""A measured figure beside its goal, in words: a bench tells where it falls short, and no test asserts it."""


def beside_goal(figure: float, *, goal: float) -> str:
    """The goal, and by how much the figure falls short of it; `figure` and `goal` are better the lower they are."""
    short = figure - goal
    return f"goal {goal:g}: " + (f"falls short by {short:.2f}" if short > 0 else "reached")
