"""The main job of the platform, told over HTTP: each chapter is what its people really send."""
