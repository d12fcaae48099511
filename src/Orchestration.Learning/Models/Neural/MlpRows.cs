namespace Orchestration.Learning.Models.Neural;

/// <summary>What a member is trained on: standardised complete rows, one an example for human scores, answers A and B one behind the other for comparisons.</summary>
/// <param name="Judges">Number of judges.</param>
/// <param name="Inputs">Rows × judges.</param>
/// <param name="Targets">One an example: the standardised human score, or the label 1, ½ or 0.</param>
/// <param name="Weights">One an example, mean 1.</param>
/// <param name="Varies">False for a judge that says the same of every row: nothing is learned from it and its weights are 0.</param>
/// <param name="Compared">True for comparisons.</param>
internal sealed record MlpRows(int Judges, float[] Inputs, float[] Targets, float[] Weights, bool[] Varies, bool Compared)
{
    /// <summary>Rows of inputs an example.</summary>
    public int Each => Compared ? 2 : 1;

    /// <summary>Standardises complete rows and gives weights the mean 1.</summary>
    public static MlpRows Of(double[] scores, int judges, InputScale scale, ReadOnlySpan<double> targets, double[]? weights, bool[] varies, bool compared)
    {
        var inputs = new float[scores.Length];
        for (var at = 0; at < scores.Length; at += judges) scale.TryApply(ref scores[at], ref inputs[at]);
        var mean = weights is null ? 1 : weights.Sum() / weights.Length;
        var (smallTargets, smallWeights) = (new float[targets.Length], new float[targets.Length]);
        for (var i = 0; i < targets.Length; i++) (smallTargets[i], smallWeights[i]) = ((float)targets[i], (float)((weights?[i] ?? 1) / mean));
        return new MlpRows(judges, inputs, smallTargets, smallWeights, varies, compared);
    }
}
