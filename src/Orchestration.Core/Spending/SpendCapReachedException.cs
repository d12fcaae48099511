using System.Globalization;

namespace Orchestration.Core.Spending;

/// <summary>A call was not made because its upper bound does not fit under the payer's cap any more. Raising the cap lets the work go on.</summary>
public sealed class SpendCapReachedException : OrchestrationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="payer">Whose cap it is.</param>
    /// <param name="amountUsd">Upper bound of the call that found no room, in US dollars.</param>
    public SpendCapReachedException(string payer, decimal amountUsd)
        : base(
            ErrorCodes.SpendCap,
            string.Create(CultureInfo.InvariantCulture, $"The next call may cost {amountUsd:0.######} USD, which no longer fits under the cost cap of '{payer}'. What is done is kept; raise the cap and resume."))
    {
        Payer = payer;
        AmountUsd = amountUsd;
    }

    /// <summary>Whose cap it is.</summary>
    public string Payer { get; }

    /// <summary>Upper bound of the call that found no room, in US dollars.</summary>
    public decimal AmountUsd { get; }
}
