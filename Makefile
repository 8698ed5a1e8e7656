# Each target is a line or two over a real tool. Windows has no make: README.md gives its lines.
PYTHON ?= $(or $(shell command -v python3),$(shell command -v python),uv run --no-project python)
RUN = .venv/bin/python
PYTEST = $(RUN) -m pytest -n 2 --dist loadfile --nbval-lax --nbval-cell-timeout=60

.PHONY: lab lab-dev setup test test-full notebooks student stick bench update clean slides site demo

lab: setup          ## open your own copy of the course (work/)
	@exec $(RUN) tools/lab.py
lab-dev: setup      ## open the committed notebooks, for those who write the course
	@exec $(RUN) tools/lab.py --dev
setup:              ## make .venv, or finish one that was interrupted
	@command -v $(firstword $(PYTHON)) >/dev/null || { echo "Neither Python nor uv is here: see README.md."; exit 1; }
	@$(PYTHON) tools/setup.py
test: setup         ## unit tests, every notebook, the chapter contract, the browser
	@$(PYTEST) tests notebooks
test-full: setup    ## the same and everything that takes longer
	@$(PYTEST) -m "full or not full" tests notebooks
notebooks: setup    ## re-execute the notebooks that changed, fill in coverage.csv
	@$(RUN) tools/notebooks.py
student: setup      ## the notebooks without solutions and outputs, into build/student
	@$(RUN) tools/student.py
stick: setup        ## course and packages for a classroom without a network, into build/stick
	@$(RUN) tools/stick.py
bench: setup        ## measure, and write the reports in bench/
	@for script in bench/*.py; do $(RUN) "$$script" || exit 1; done
slides: setup       ## write the chapters' slide decks to build/slides (takes npm)
	@$(RUN) -m tools.slides
site: setup         ## write the reading site to build/site (takes npm)
	@$(RUN) -m tools.website
demo: setup         ## rehearse a chapter: make demo CHAPTER=perceptron
	@$(RUN) -m tools.demo $(CHAPTER)
update:             ## fetch the newest course; your copies in work/ stay yours
	@git pull --ff-only && $(PYTHON) tools/setup.py
clean:              ## remove what can be made again (never work/)
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
