using System.Text;
using Orchestration.Cli;
using Orchestration.Orleans.Hosting;

namespace Orchestration.Orleans.Commands;

/// <summary>A further place where silos of a cluster find one another, beside those that every build has.</summary>
/// <param name="Name">As <c>--clustering</c> names it.</param>
/// <param name="Description">As the help says it.</param>
/// <param name="ApplyAsync">Sets options up for it, silos' and clients'; an <see cref="Core.OrchestrationException"/> where it cannot be reached.</param>
public sealed record OrleansPlace(string Name, string Description, Func<OrleansOptions, CancellationToken, Task<OrleansOptions>> ApplyAsync);

/// <summary>The program <c>orchestrate-orleans</c>, and those that add a place to it.</summary>
public static class OrleansProgram
{
    /// <summary>Runs a command line in this process.</summary>
    /// <param name="args">Its arguments.</param>
    /// <param name="name">The program's name.</param>
    /// <param name="places">Further places.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] args, string name, params OrleansPlace[] places)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var context = CliContext.OfProcess();
        return await CommandLine.RunAsync(args, context, name, SiloCommand.Create(context, places));
    }
}
