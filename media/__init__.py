"""Forward and record audio and video. Knows rooms and sources, no schools."""
