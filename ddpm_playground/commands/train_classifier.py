"""`train-classifier`: make the reader of digits that `evaluate` scores with."""

import argparse
from dataclasses import fields

import torch

from ..learn.data.pictures import load_pictures
from ..learn.judging.classifier import ClassifierSettings, save_classifier, train_classifier
from .paths import check_out, given_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, where the weights go, and ClassifierSettings' fields."""
    parser.add_argument("--data", type=given_path, required=True, help="folder with MNIST's four IDX .gz files")
    parser.add_argument("--out", type=given_path, required=True, help="safetensors file to write")
    parser.add_argument("--threads", type=int, help="CPU threads")
    for field in fields(ClassifierSettings):
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=type(field.default), default=field.default, help=f"default {field.default}")


def run(arguments: argparse.Namespace) -> None:
    """Train on the training set, measure on the test set, write weights and facts."""
    settings = ClassifierSettings(**{f.name: getattr(arguments, f.name) for f in fields(ClassifierSettings)})
    if arguments.threads is not None:
        if arguments.threads < 1:
            raise ValueError(f"threads must be at least 1, got {arguments.threads}; leave it out for all")
        torch.set_num_threads(arguments.threads)
    check_out(arguments.out)
    train, test = load_pictures(arguments.data), load_pictures(arguments.data, "test")
    classifier, facts = train_classifier(train, test, settings, progress=True)
    save_classifier(arguments.out, classifier, facts | {"command": arguments.command_line})
    print(f"{facts['accuracy']:.2%} of {len(test)} test digits read right; wrote {arguments.out}")
