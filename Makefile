# Six words. They run in the environment that is active: pip install -r requirements-dev.txt
.PHONY: run fast test check bench wheel

run: ## open the page
	python app.py

fast: ## a minute of tests: nothing that opens a browser, serves a page, trains, or reads the corpus
	pytest -m "not slow and not browser"

test: ## every test; one that wants a browser fails without
	REQUIRE_BROWSER=1 pytest --durations=10

check: ## lint, format and types, of Python and of the page's scripts
	ruff check .
	ruff format --check .
	pyright
	test -d node_modules || npm ci --silent
	npm run --silent check

bench: ## ratios against peers, on this machine
	python -m bench

wheel: ## what pip installs, in dist/
	pip wheel --no-deps --wheel-dir dist .
