class G:
    letter = "B"


def grade(r):
    return G()
