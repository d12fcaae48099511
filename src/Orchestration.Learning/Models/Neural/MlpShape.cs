using System.Runtime.InteropServices;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// Where the weights of a network with one hidden layer lie in one array of 32-bit floats, made for vectors of eight lanes: hidden units in
/// blocks of 16, and in a block one line of 16 weights a judge. Units that fill up the last block have weights of zero and stay there.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MlpShape(int Judges, int Hidden)
{
    /// <summary>Hidden units a block.</summary>
    public const int Lanes = 16;

    /// <summary>Blocks of hidden units.</summary>
    public int Blocks => (Hidden + Lanes - 1) / Lanes;

    /// <summary>Hidden units with those that fill up the last block.</summary>
    public int Padded => Blocks * Lanes;

    /// <summary>Where the hidden biases begin.</summary>
    public int HiddenBias => Padded * Judges;

    /// <summary>Where the output weights begin.</summary>
    public int OutputWeight => HiddenBias + Padded;

    /// <summary>Where the output bias stands.</summary>
    public int OutputBias => OutputWeight + Padded;

    /// <summary>Length of the array: a multiple of 16.</summary>
    public int Length => OutputBias + Lanes;

    /// <summary>The place of the weight from a judge to a hidden unit.</summary>
    public int HiddenWeight(int unit, int judge) => (unit / Lanes * Judges + judge) * Lanes + unit % Lanes;
}
