#!/bin/bash
#SBATCH --job-name=example
#SBATCH --ntasks=1
#SBATCH --time=10:00
#SBATCH --scratch=500M

# Work on the node's own card, which is faster than /home, and empty.
cd "$SLURM_TMPDIR"
cp "$SLURM_SUBMIT_DIR/input.dat" .

sort input.dat >result.dat

# Take home what you want to keep: the directory goes when the job ends.
cp result.dat "$SLURM_SUBMIT_DIR/"
