using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// The expected score over the digits of a scale: at the place where the reply's digit stands, the mean of the scale's digits weighted with their
/// probabilities (G-Eval, Liu et al. 2023, section 2.3, over the alternatives that the endpoint shows).
/// </summary>
internal static class ExpectedScore
{
    /// <summary>Alternatives asked for: ten digits with and without a space before them.</summary>
    public const int Alternatives = 20;

    /// <summary>Below this captured mass the mean would be that of a few leftovers.</summary>
    public const double LeastMass = 0.9;

    /// <summary>Reads the distribution behind a digit that was read from the text.</summary>
    /// <param name="tokens">The reply's tokens with their alternatives.</param>
    /// <param name="digit">The score that the text holds: a whole number within 0–9.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="mass">Probability that lies on digits of the scale, 0–1; 0 where the digit is no token of its own.</param>
    /// <returns>The mean; NaN where the mass is 0.</returns>
    public static double Mean(IReadOnlyList<TokenLogProbability> tokens, double digit, Scale scale, out double mass)
    {
        mass = 0;

        // From the end: in "Score: 3" the answer stands last, whatever digits came before it.
        for (var i = tokens.Count - 1; i >= 0; i--)
        {
            if (DigitOf(tokens[i].Token) == digit) return Mean(tokens[i], scale, out mass);
        }

        return double.NaN;
    }

    private static double Mean(TokenLogProbability place, Scale scale, out double mass)
    {
        var sum = 0.0;
        mass = 0;
        var sawChosen = false;
        foreach (var (token, logProbability) in place.Alternatives)
        {
            sawChosen |= string.Equals(token, place.Token, StringComparison.Ordinal);
            Add(token, logProbability, ref sum, ref mass);
        }

        if (!sawChosen) Add(place.Token, place.LogProbability, ref sum, ref mass);
        var mean = sum / mass;

        // Rounded logarithms may add up to a little more than 1, and their mean may leave the scale in its last digit.
        mass = Math.Min(mass, 1);
        return Math.Clamp(mean, scale.Min, scale.Max);

        void Add(string token, double logProbability, ref double sum, ref double mass)
        {
            if (DigitOf(token) is not { } digit || !scale.Contains(digit) || !(logProbability <= 0)) return;
            var probability = Math.Exp(logProbability);
            sum += probability * digit;
            mass += probability;
        }
    }

    private static double? DigitOf(string token)
    {
        var text = token.AsSpan().Trim();
        return text.Length == 1 && char.IsAsciiDigit(text[0]) ? text[0] - '0' : null;
    }
}
