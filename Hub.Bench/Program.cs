Console.WriteLine("no bench yet");
