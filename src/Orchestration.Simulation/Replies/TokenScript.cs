using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Replies;

/// <summary>Log-probabilities for a text: every digit has the other digits of the scale as alternatives, every other token is nearly certain.</summary>
internal static class TokenScript
{
    /// <summary>Probability that lies on none of the digits.</summary>
    private const double Elsewhere = 0.02;

    private const double Width = 0.7;

    public static List<TokenLogProbability> Write(string text, Scale scale, double quality, int alternatives)
    {
        var result = new List<TokenLogProbability>();
        var mean = scale.Min + (quality * (scale.Max - scale.Min));
        for (var at = 0; at < text.Length;)
        {
            var end = at + 1;
            if (!char.IsAsciiDigit(text[at]))
            {
                while (end < text.Length && !char.IsAsciiDigit(text[end]) && text[end] != ' ') end++;
            }

            var token = text[at..end];
            result.Add(token.Length == 1 && char.IsAsciiDigit(token[0]) ? Digit(token, scale, mean, alternatives) : Certain(token));
            at = end;
        }

        return result;
    }

    private static TokenLogProbability Certain(string token) =>
        new(token, Math.Log(0.99), [new KeyValuePair<string, double>(token, Math.Log(0.99)), new KeyValuePair<string, double>(" ", Math.Log(0.01))]);

    private static TokenLogProbability Digit(string token, Scale scale, double mean, int alternatives)
    {
        var low = (int)Math.Clamp(Math.Ceiling(scale.Min), 0, 9);
        var high = (int)Math.Clamp(Math.Floor(scale.Max), low, 9);
        var weights = new (string Token, double Weight)[high - low + 1];
        var sum = 0.0;
        for (var digit = low; digit <= high; digit++)
        {
            var distance = (digit - mean) / Width;
            var weight = Math.Exp(-0.5 * distance * distance) + 1e-6;
            weights[digit - low] = (((char)('0' + digit)).ToString(), weight);
            sum += weight;
        }

        var list = new List<KeyValuePair<string, double>>();
        var own = Math.Log(1e-6);
        foreach (var (digit, weight) in weights.OrderByDescending(entry => entry.Weight).ThenBy(entry => entry.Token, StringComparer.Ordinal))
        {
            var probability = Math.Log(weight / sum * (1 - Elsewhere));
            if (string.Equals(digit, token, StringComparison.Ordinal)) own = probability;
            if (list.Count < alternatives) list.Add(new KeyValuePair<string, double>(digit, probability));
        }

        if (list.Count < alternatives) list.Add(new KeyValuePair<string, double>("The", Math.Log(Elsewhere)));
        return new TokenLogProbability(token, own, list);
    }
}
