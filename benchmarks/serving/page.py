def write(bench): pass
