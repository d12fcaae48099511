using System.Runtime.InteropServices;

namespace Orchestration.Cli;

/// <summary>
/// Ctrl-C and SIGTERM. The first asks the command to finish what is in flight and stop; the second ends the process at once, which loses no more
/// than those calls.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly CliContext _context;
    private int _signals;

    public Interruption(CliContext context)
    {
        _context = context;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            _context.Error.WriteLine();
            _context.Error.WriteLine("stopping: calls in flight are finished and stored (once more to stop at once)");
            _source.Cancel();
            return;
        }

        Environment.Exit(ExitStatus.Interrupted);
    }
}
