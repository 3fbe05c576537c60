using System.Text;

namespace ApproxNets.Cli.Running;

/// <summary>Sends the console's output to the cell at work until disposed.</summary>
internal sealed class ConsoleCapture : IDisposable
{
    private readonly TextWriter _out = Console.Out;
    private readonly TextWriter _error = Console.Error;

    public ConsoleCapture(Action<string, string> write)
    {
        Console.SetOut(TextWriter.Synchronized(new Writer("stdout", write)));
        Console.SetError(TextWriter.Synchronized(new Writer("stderr", write)));
    }

    public void Dispose()
    {
        Console.SetOut(_out);
        Console.SetError(_error);
    }

    private sealed class Writer : TextWriter
    {
        private readonly string _stream;
        private readonly Action<string, string> _write;

        public Writer(string stream, Action<string, string> write)
        {
            _stream = stream;
            _write = write;
            NewLine = "\n";
        }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => _write(_stream, value.ToString());

        public override void Write(string? value) => _write(_stream, value ?? "");

        public override void Write(char[] buffer, int index, int count) => _write(_stream, new string(buffer, index, count));

        public override void WriteLine(string? value) => _write(_stream, value + NewLine);
    }
}
