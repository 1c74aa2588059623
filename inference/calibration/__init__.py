"""Are intervals what they claim?"""
