/* page_glossary.c - every term of the page explained, and the sources it names. */
#include "report/page.h"

static const struct {
    const char *term, *meaning, *source;
} terms[] = {
    {"RoPE, rotary position embedding",
     "Each query and key vector is cut into pairs of numbers, and every pair is turned "
     "by an angle that "
     "grows with the token\xe2\x80\x99s position. The attention score then depends on "
     "the distance between "
     "two tokens.",
     "definition"},
    {"Score S(m)",
     "The attention score of a fixed query and key at distance m, before softmax, in "
     "nats. A "
     "difference of 0.7 nat doubles the unnormalised attention.",
     "P"},
    {"Near and far half",
     "Distances 0 up to half the context, and from there to its end.", "P"},
    {"Position inversion",
     "The same key vector, moved from the near to the far half, scores higher. "
     "Reported as the share of position pairs; 50\xc2\xa0% = no preference.",
     "P"},
    {"Preference E|2p\xe2\x88\x92"
     "1|",
     "How decided single pairs are, in whichever direction: 1 always the "
     "same way, 0 coin toss. A mean inversion of 50\xc2\xa0% can hide strong but "
     "opposite "
     "preferences; this "
     "number cannot.",
     "ours"},
    {"Positional energy",
     "Standard deviation of the score while a key is moved through the window, in nats.",
     "ours"},
    {"Local, anti-local, blind, chaotic, mixed",
     "Kinds of heads: prefers near; prefers far; hardly changes "
     "with distance (energy below 0.1 nat by default); changes a lot without direction; "
     "its pairs differ in what they prefer. Random keys only. Only chaotic is the "
     "failure that P describes.",
     "ours"},
    {"Position aliasing",
     "Two different distances give the same score after rounding to the working number "
     "format.",
     "P"},
    {"Near aliasing",
     "Two distances whose scores differ by less than a fixed small amount, whatever the "
     "number format.",
     "ours"},
    {"Token inversion",
     "Of two keys, the one that scores higher at distance 0 scores lower at another "
     "distance. F calls it semantic reversal.",
     "P, F"},
    {"Token flip 2r(1\xe2\x88\x92r)",
     "Chance that two random distances order two keys differently, r being "
     "the token inversion rate; 0.5 is a coin toss.",
     "ours"},
    {"Token aliasing",
     "Two different keys at the same distance get the same rounded score.", "P"},
    {"Attention invariance",
     "Pairs of distances that alias for both keys at once: swapping the keys changes "
     "nothing.",
     "P"},
    {"Cross aliasing",
     "One key at one distance has the rounded score of another key at another "
     "distance.",
     "P"},
    {"Positional insensitivity, zeta",
     "One step further changes the score by less than the fraction zeta of "
     "its size.",
     "F"},
    {"Attended, random, sink",
     "Which keys are counted: the keys of highest real attention weight; keys drawn "
     "at random among earlier ones; the first token, which is kept apart.",
     "ours"},
    {"Counted",
     "Every distance or position pair was evaluated; doubtful comparisons were redone "
     "with more "
     "digits. \xe2\x80\x98Undecided\xe2\x80\x99 says how many remained so, normally "
     "none.",
     "ours"},
    {"Predicted",
     "What a normal distribution with the exact mean and variance of the score would "
     "give. It is "
     "an approximation, always labelled, with an error certificate (KS) beside it.",
     "P, F; certificates "
     "ours"},
    {"KS",
     "Largest gap between the true distribution of scores over positions and the fitted "
     "normal one.",
     "ours"},
    {"95\xc2\xa0% interval",
     "Range for the mean that treats queries and keys as crossed; over texts, from "
     "resampling texts.",
     "ours"},
    {"Advertised, trained context",
     "The length the file promises, and the length the position scheme was "
     "trained at, if stated. What lies beyond training is hatched.",
     "the model\xe2\x80\x99s file"},
    {"Horizon",
     "First examined context at which a median crosses its threshold. It is about "
     "attention scores, "
     "not about tasks.",
     "ours"},
    {"M<sub>max</sub>",
     "A bound of F that belongs to a frequency table, where it is defined at all.", "F"},
    {"Semantic Score, Positional Score, r<sub>H</sub>",
     "Scores of F for a head, and the share of amplitude in "
     "its high-frequency pairs.",
     "F"},
    {"Pigeonhole floor",
     "With fewer number values than positions, some positions must share a value: the "
     "least possible number of alias pairs.",
     "ours"},
    {"Surrogate",
     "A copy of a sampled query and key with the same amplitudes and random phases: what "
     "the rotation does to vectors that mean nothing in particular.",
     "ours"},
    {"p-value",
     "How often surrogates show at least as strong a direction as the real vectors. "
     "Small: "
     "chance is a poor explanation.",
     "statistics"},
    {"False discovery rate",
     "The share of false claims to be expected among all heads for which a direction is "
     "claimed.",
     "statistics"},
    {"Bootstrap",
     "The texts are drawn again, with repeats, many times: how much a median moves is "
     "its "
     "interval.",
     "statistics"},
    {"NoPE", "No position encoding: the score is the same at every distance.",
     "definition"},
    {"ALiBi",
     "Another position scheme: the score falls by a fixed amount with every step of "
     "distance. Here only a baseline.",
     "definition"},
    {"Gaussian pair",
     "A query and a key with independent normal numbers under this model\xe2\x80\x99s "
     "RoPE: a baseline with no training in it.",
     "ours"},
    {"Wavelength", "Distance after which a pair has turned once, 2\xcf\x80 / inv_freq.",
     "definition"},
    {"Not applicable", "A layer without RoPE: nothing is rotated, so nothing is counted.",
     "ours"},
};

void rw_page_glossary(rw_text *t)
{
    rw_section_open(t, "glossary", "Glossary", NULL);
    rw_text_append(t, "<dl class=glossary>\n");
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        rw_text_printf(t, "<div><dt>%s</dt><dd>%s <span class=src>%s</span></dd></div>\n",
                       terms[i].term, terms[i].meaning, terms[i].source);
    rw_text_append(
        t,
        "</dl>\n<h3>Sources</h3>\n<ul class=sources>\n"
        "<li><b>P</b> Du et al., RoPE Distinguishes Neither Positions Nor Tokens in Long "
        "Contexts, Provably, "
        "arXiv 2605.15514\n"
        "<li><b>F</b> Wu, Du, Peng, RoPE at the End of Its Rope?, arXiv 2609.39929\n"
        "<li><b>B</b> Base of RoPE Bounds Context Length, arXiv 2405.14591: a model with "
        "random queries and "
        "keys, never mixed with the counts here\n"
        "<li><b>ours</b> left open by the papers and decided in this project\n</ul>\n");
    rw_section_close(t);
}
