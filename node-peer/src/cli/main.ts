process.stderr.write('knotwork: this command is not written yet\n')
process.exitCode = 1
