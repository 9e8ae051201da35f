"""What the findings about training and asked steps say in English."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "trained-otherwise": (
        "The network was trained with {trained} and is sampled with {sampled}: ᾱ at t = {half} is {abar} there and "
        "{abar_here} here, T = {T} and {T_here}, SNR(T) = {terminal} and {terminal_here}. At {steps} steps it is asked "
        "at t = {t} about an x_t of SNR {snr}, and learned SNR {wanted} there: off by a factor of {ratio} (by more "
        "than {slight} at {count} of {calls} calls). Asked at the t of equal SNR it would be right: {mapping}.",
        "Hand the network the t of equal SNR, or sample with the schedule that it was trained with.",
        "{patch}, as it was trained; or hand the network the t of equal SNR.",
        "Hand the network the t of equal SNR, or sample with what it was trained with, which has findings of its own.",
    ),
    "trained-otherwise/never": (
        "The network was trained with {trained} and is sampled with {sampled}: ᾱ at t = {half} is {abar} there and "
        "{abar_here} here, T = {T} and {T_here}, SNR(T) = {terminal} and {terminal_here}. At {steps} steps it is asked "
        "at t = {t} about an x_t of SNR {snr}, and learned SNR {wanted} there: off by a factor of {ratio} (by more "
        "than {slight} at {count} of {calls} calls). Some of these SNR it never saw, at any t; of the others "
        "the t of equal SNR are {mapping}.",
        "Sample with the schedule that it was trained with.",
        "{patch}, as it was trained.",
        "Sample with what it was trained with, which has findings of its own.",
    ),
    "trained-otherwise/prediction": (
        "The network was trained to give {trained}, and {name} takes its output for {taken}.",
        "Sample with a class and a prediction_type for what the network gives: {trained}.",
        "{patch}, as it was trained.",
        "Sample with what it was trained with, which has findings of its own.",
    ),
    "trained-otherwise/unknown": (
        "What the network was trained with could not be compared: {reason}.",
        "Give its training as a config with β_t, or as a list of numbers.",
    ),
    "asked-steps": (
        "{name} uses the {count} {kind} that were asked for as they are: t = {first} … {last}, log SNR {low} … {high}.",
        "Nothing need be done.",
    ),
    "asked-steps/changed": (
        "{name} changes the {kind} that were asked for: of {wanted} it makes {has}.",
        "Ask for those that it makes the wanted ones of, or for another class; whatever shifts them (shift, mu) is "
        "applied to them too.",
    ),
    "asked-steps/ignored": (
        "{name} takes no {kind} in set_timesteps: a pipeline of diffusers refuses them, and others leave them out and "
        "take {count} steps of the class's own, from t = {first} on.",
        "Use a class that takes them ({others}), or ask for a number of steps.",
    ),
    "asked-steps/apart": (
        "{name} keeps the {kind} that were asked for but not the noise that belongs to them: at t = {t} x_t has SNR "
        "{snr}, where t means SNR {wanted}: off by a factor of {ratio}.",
        "Ask for sigmas and not for timesteps, or set the shift to 1.",
    ),
    "asked-steps/outside": (
        "{name} takes t = {t} as it is asked for, and the network knows t = {low} … {high} alone.",
        "Ask for timesteps within these; diffusers counts them from 0.",
    ),
    "asked-steps/no-class": (
        "Timesteps or σ were asked for by number, and there is no scheduler class here that would take them.",
        'Give a config with "_class_name".',
    ),
}
